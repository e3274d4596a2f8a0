package main

import (
	"context"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func Example() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// MISS   Refunds take 30 days.
	// MISS   We keep your name and nothing else.
	// HIT_L1 Refunds take 30 days.
	// the document about refunds has changed
	// HIT_L1 We keep your name and nothing else.
	// MISS   Refunds take 14 days.
}
