// One way out of the sender neither sends nor closes.
package facts

func lookup(ask func() (string, error)) string {
	addrs := make(chan string) // fact: made without a buffer
	go func() {
		addr, err := ask()
		if err != nil {
			return // fact: skips send
		}
		addrs <- addr // fact: send
	}()
	return <-addrs // blocks: chan receive; fact: lookup waits to receive; receive, own
}
