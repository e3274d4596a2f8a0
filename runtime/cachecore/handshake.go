package cachecore

// Each constant reports that this package has all that generated code used as
// of that version. Generated code refers to the oldest one that it needs, so
// that a file with an older runtime fails to compile at a line that explains
// the fix. A major version drops the constants of the one before.
const (
	IsAtLeastVersion0_1_0 = true
)
