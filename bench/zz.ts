import { measureInference } from './inference.ts';
import { makeBenchProject } from './service.ts';
using project = await makeBenchProject();
console.log(await measureInference(project.root));
