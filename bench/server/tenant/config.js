export default {
  name: "A tenant of the benchmark",
  active: true,
};
