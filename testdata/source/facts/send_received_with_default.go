// The receiver looks once and doesn't wait.
package facts

func poll() int {
	quotes := make(chan int) // fact: made without a buffer
	go func() {              // started; fact: started by go
		quotes <- 1 // blocks: chan send; fact: poll waits to send; send, own
	}()
	select {
	case q := <-quotes: // fact: receive or not at all, beside go; first receive
		return q
	default:
		return 0
	}
}
