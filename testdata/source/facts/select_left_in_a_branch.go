// The context is a field of the receiver's type.
package facts // fact: context ctx

import "context"

type server struct {
	ctx  context.Context
	jobs chan int
}

func (s *server) run() {
	for { // fact: endless loop
		select { // blocks: select; fact: (*server).run waits to select
		case n := <-s.jobs: // fact: case receive leaves
			if n == 0 {
				return // fact: leaves the loop
			}
		case s.jobs <- 1: // fact: case send
		}
	}
}
