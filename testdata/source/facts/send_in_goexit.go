// The caller leaves by runtime.Goexit and os.Exit before it receives.
package facts

import "runtime"

func ask(quit bool) {
	out := make(chan int) // fact: made without a buffer
	go func() {           // started; fact: started by go
		out <- 1 // blocks: chan send; fact: ask waits to send; send, own
	}()
	if quit {
		runtime.Goexit() // fact: leaves before the receive; skips receive
	}
	for range 2 {
		<-out // fact: receive in a loop, beside go; first receive
	}
}
