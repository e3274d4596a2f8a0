//go:build !race

package simulation

// With four seeds, 100,000 writes for each strategy.
const defaultWrites = 25_000

const buildNote = ""
