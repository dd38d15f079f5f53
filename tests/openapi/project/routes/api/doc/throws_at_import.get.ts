export default JSON.parse('this is no JSON') as () => string;
