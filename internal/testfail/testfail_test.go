package testfail_test

import (
	"testing"

	"github.com/depgen/depgen/internal/testfail"
)

// Fatalf ends the test that it fails, as testing.TB requires.
func TestMessageEndsWithTheFailure(t *testing.T) {
	t.Parallel()
	after := false
	message := testfail.Message(t, func(tb testing.TB) {
		tb.Fatalf("got %d", 1)
		after = true
	})
	if message != "got 1" || after {
		t.Errorf("got %q, goes on: %t", message, after)
	}
}
