package page

import "time"

// attempts remembers how the last attempts of a kind of work ended.
type attempts struct {
	failed [maxAttempts]bool
	count  int
	last   string // the last error
	lastAt time.Time
}

// add adds an attempt, whose error is empty if it succeeded.
func (a *attempts) add(fault string, now time.Time) {
	a.failed[a.count%maxAttempts] = fault != ""
	a.count++
	if fault != "" {
		a.last, a.lastAt = clean(fault, maxReason), now
	}
}

// Faults describes the failed ones among the last attempts.
type Faults struct {
	Failed int       `json:"failed"`
	Of     int       `json:"of"` // the last attempts
	Last   string    `json:"last_error"`
	LastAt time.Time `json:"last_time"`
}

// faults returns nil if none of the last attempts failed.
func (a *attempts) faults() *Faults {
	f := &Faults{0, min(a.count, maxAttempts), a.last, a.lastAt}
	for _, failed := range a.failed {
		if failed {
			f.Failed++
		}
	}
	if f.Failed == 0 {
		return nil
	}
	return f
}
