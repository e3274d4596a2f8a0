//go:build race

package simulation

// The race detector makes a run several times slower, and finds what it can find
// in a few.
const defaultWrites = 1_000

const buildNote = " (few, because the race detector is on)"
