package degraded

import (
	"errors"
	"net/http"
	"testing"
)

// This is a single test because all tests of the process share the marks.
func TestMark(t *testing.T) {
	t.Parallel()
	reason := errors.New("an invalid dep")
	h := http.Header{}
	if Mark(h, reason); len(h) != 0 {
		t.Errorf("marked although nobody listens: %v", h)
	}
	stop, stopOther := Listen(), Listen()
	Mark(h, reason)
	copied := h.Clone()
	if got := Take(h); !errors.Is(got, reason) || len(h) != 0 {
		t.Errorf("got %v, %v", got, h)
	}
	if got := Take(copied); got != nil || len(copied) != 0 {
		t.Errorf("a copy of the request: got %v, %v", got, copied)
	}
	stopOther()
	if Mark(h, reason); len(h) != 1 {
		t.Error("not marked although somebody listens still")
	}
	stop()
	if got := Take(h); got != nil {
		t.Errorf("the mark has outlived those who listen: %v", got)
	}
	defer Listen()()
	for range 2 * maxMarks {
		Mark(h, reason)
	}
	if n := len(marks.reasons); n != maxMarks {
		t.Errorf("%d marks are kept, want %d", n, maxMarks)
	}
}
