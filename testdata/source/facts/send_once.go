// The first send returns, and so the second is another path.
package facts

func read(fail bool, out chan<- error) {
	if fail {
		out <- nil // fact: send in a branch, own
		return     // fact: skips send
	}
	out <- nil // blocks: chan send; fact: read waits to send; send, own
}

func load() error {
	out := make(chan error) // fact: made without a buffer
	go read(true, out)      // started; fact: started by go
	return <-out            // fact: receive, beside go; first receive
}
