package main

import (
	"bytes"
	"encoding/json"
	"testing"
)

// A process that measures memory prints the figures that its parent reads.
func TestHold(t *testing.T) {
	t.Parallel()
	var stdout bytes.Buffer
	if err := run(t.Context(), []string{"-hold", "500"}, &stdout, &stdout); err != nil {
		t.Fatal(err)
	}
	var got held
	// Other tests change the heap at the same time, so the value may be negative.
	if err := json.Unmarshal(stdout.Bytes(), &got); err != nil || got.Bytes == 0 || got.Failed != 0 {
		t.Errorf("printed %q, read as %+v, %v", stdout.String(), got, err)
	}
}
