// The receiver gives up after a second: the timer's channel came through a variable.
package facts

import "time"

func ask() int {
	quotes := make(chan int) // fact: made without a buffer
	late := time.After(time.Second)
	go func() { // started; fact: started by go
		quotes <- 1 // blocks: chan send; fact: ask waits to send; send, own
	}()
	select {
	case q := <-quotes: // fact: receive or timer, beside go; first receive
		return q
	case <-late:
		return 0
	}
}
