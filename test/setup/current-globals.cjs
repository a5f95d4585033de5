/** Jest's functions for the file of tests that runs now. Jest makes them anew for each file. */
exports.current = {};
