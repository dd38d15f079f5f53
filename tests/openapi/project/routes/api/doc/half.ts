export default () => 'not for GET';
