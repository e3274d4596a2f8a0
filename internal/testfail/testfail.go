// Package testfail runs test helpers that fail, so that tests can examine the
// failure.
package testfail

import (
	"fmt"
	"runtime"
	"testing"
)

// Message returns the message with which f fails its test, which is not t. It
// fails t if f does not fail. It runs f in a goroutine of its own, because a
// failure ends the goroutine.
func Message(t *testing.T, f func(testing.TB)) string {
	t.Helper()
	tb := &failing{TB: t}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f(tb)
	}()
	<-ended
	if tb.message == "" {
		t.Error("no failure")
	}
	return tb.message
}

// failing is a test whose failure is recorded.
type failing struct {
	testing.TB

	message string
}

func (*failing) Helper() {}

func (f *failing) Fatalf(format string, args ...any) {
	f.message = fmt.Sprintf(format, args...)
	runtime.Goexit()
}
