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
	// MISS   A-1 costs 12 €.
	// MISS   B-2 costs 30 €.
	// HIT_L1 A-1 costs 12 €.
	// the price of A-1 has changed
	// HIT_L1 B-2 costs 30 €.
	// MISS   A-1 costs 14 €.
}
