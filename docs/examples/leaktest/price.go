// Package leaktest has one function that asks a slow backend and gives up after a timeout. With the build tag "leak" the
// goroutine that asks stays behind after a timeout; without it, it ends. leak_test.go tells the two apart with unpark.
package leaktest

import (
	"context"
	"fmt"
)

// Price asks the backend, and gives up when ctx does.
func Price(ctx context.Context, backend func() int) (int, error) {
	answer := make(chan int, room)
	go func() {
		answer <- backend()
	}()
	select {
	case cents := <-answer:
		return cents, nil
	case <-ctx.Done():
		return 0, fmt.Errorf("no price: %w", ctx.Err())
	}
}
