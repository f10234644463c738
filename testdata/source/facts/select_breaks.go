// A break leaves the select only; with a label it leaves the loop.
package facts // fact: context ctx

import "context"

func run(ctx context.Context, in chan int, out chan int) {
loop:
	for { // fact: endless loop
		select { // blocks: select; fact: run waits to select
		case <-in: // fact: case receive
			break
		case out <- 1: // fact: case send
		case <-ctx.Done(): // fact: case done leaves; done of ctx
			break loop // fact: leaves the loop
		}
	}
}
