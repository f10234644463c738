// The receiver also waits for its context.
package facts // fact: context ctx

import "context"

func ask(ctx context.Context) int {
	quotes := make(chan int) // fact: made without a buffer
	go func() {              // started; fact: started by go
		quotes <- 1 // blocks: chan send; fact: ask waits to send; send, own
	}()
	select {
	case q := <-quotes: // fact: receive or done, beside go; first receive
		return q
	case <-ctx.Done():
		return 0
	}
}
