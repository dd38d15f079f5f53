export default () => 'the rest';
