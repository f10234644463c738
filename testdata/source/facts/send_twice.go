// A missing return between two sends.
package facts

func read(fail bool, out chan<- error) {
	if fail {
		out <- nil // fact: sent before; send in a branch, own
	}
	out <- nil // blocks: chan send; fact: read waits to send; send, own
}

func load() error {
	out := make(chan error) // fact: made without a buffer
	go read(true, out)      // started; fact: started by go
	return <-out            // fact: receive, beside go; first receive
}
