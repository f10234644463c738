// Tries again by starting another of itself.
package facts

import "time"

func deliver(attempt int) {
	if attempt > 0 { // fact: if
		time.Sleep(time.Second) // blocks: sleep; fact: deliver waits to sleep; sleeps before it starts itself
	}
	for range 2 {
		go deliver(attempt + 1) // started; fact: starts itself; started by go in a loop
	}
}
