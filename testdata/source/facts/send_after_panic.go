// A panic before the receive, in a function that others call: the receive is in what is called.
package facts

func check(bad bool) {
	done := make(chan struct{}) // fact: made without a buffer
	go func() {                 // started; fact: started by go
		done <- struct{}{} // blocks: chan send; fact: check waits to send; send, own
	}()
	if bad {
		panic("bad") // fact: leaves before the receive
	}
	wait(done) // fact: first receive
}

func wait(done chan struct{}) {
	<-done // fact: receive
}
