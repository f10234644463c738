// A loop that sleeps, which can be left.
package facts // fact: context ctx

import (
	"context"
	"time"
)

func poll(ctx context.Context, ready func() bool) {
	for { // fact: endless loop
		time.Sleep(time.Second) // blocks: sleep; fact: poll waits to sleep
		if ready() {
			return // fact: leaves the loop
		}
	}
}

func start(ctx context.Context) {
	go poll(ctx, func() bool { return false }) // started; fact: started by go
}
