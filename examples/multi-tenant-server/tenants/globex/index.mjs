export default { name: "Globex" };
