// CommonJS, ES modules, JSON and TOML are all fine here.
module.exports = {
  active: true,
  name: "Acme Corporation",
  currency: "EUR",
  limits: { wall: "5s" }, // a tenant may lower its limits, and never raise them
};
