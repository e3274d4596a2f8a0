package devgateway

import "github.com/depgen/depgen/runtime/internal/wire"

// Status is a value of the X-Cache header.
type Status string

// The values that this gateway sends.
const (
	HitL1      Status = wire.HitL1      // an answer to the same bytes
	HitL1Stale Status = wire.HitL1Stale // the same, past its fresh time, during a refresh
	HitL2      Status = wire.HitL2      // an answer to a similar question, see [WithSimilar]
	Miss       Status = wire.Miss       // a new answer
	Bypass     Status = wire.Bypass     // a new answer, neither looked up nor kept
)
