// A new timer in each round ends it.
package facts

import "time"

func drain(msgs chan int) {
	for { // fact: endless loop
		select { // blocks: select; fact: drain waits to select
		case <-msgs: // fact: case receive
		case <-time.After(time.Minute): // fact: case timer leaves
			return // fact: leaves the loop
		}
	}
}
