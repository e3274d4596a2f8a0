package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// interruption is the cause of a context canceled by a signal.
type interruption struct{ signal syscall.Signal }

func (*interruption) Error() string { return "interrupted" }

// exitCode returns the exit code that shells report for a program killed by
// the signal.
func (i *interruption) exitCode() int { return 128 + int(i.signal) }

// interruptible returns a context that SIGINT or SIGTERM cancels. The next such
// signal ends the process at once.
func interruptible(parent context.Context) context.Context {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		got := <-signals
		signal.Stop(signals)
		number, _ := got.(syscall.Signal)
		cancel(&interruption{number})
	}()
	return ctx
}

// await calls f and returns its results. When ctx is done first, await returns
// the cause of ctx without waiting for f: opening a pipe that has no writer can
// take forever.
func await[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := f()
		done <- result{value, err}
	}()
	var r result
	select {
	case r = <-done:
	case <-ctx.Done():
	}
	if ctx.Err() != nil { // f may have failed because of ctx, or ended just now
		return r.value, context.Cause(ctx)
	}
	return r.value, r.err
}
