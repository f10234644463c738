// The sender closes on every way out: nothing to say against it.
package facts

func lookup(ask func() (string, error)) string {
	addrs := make(chan string) // fact: made without a buffer
	go func() {
		defer close(addrs) // fact: close in lookup, deferred
		addr, err := ask()
		if err != nil {
			return // fact: skips send
		}
		addrs <- addr // fact: send
	}()
	return <-addrs // blocks: chan receive; fact: lookup waits to receive; receive, own
}
