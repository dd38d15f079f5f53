export { answerUpload } from './answer-upload.ts';
export { Uploads } from './uploads.ts';
