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
	// MISS   contract 0: 30 days' notice
	// MISS   contract 1: 60 days' notice
	// MISS   contract 2: no notice
	// HIT_L1 contract 0: 30 days' notice
	// HIT_L1 contract 1: 60 days' notice
	// HIT_L1 contract 2: no notice
	// contract 1 has changed
	// HIT_L1 contract 0: 30 days' notice
	// MISS   contract 1: 90 days' notice
	// HIT_L1 contract 2: no notice
}
