// Each round makes a channel of its own: the go statement stands in a loop, the senders of one channel don't.
package facts

func each(urls []string) (sum int) {
	for _, url := range urls {
		answer := make(chan int) // fact: made without a buffer
		go func() {              // started; fact: started by go
			answer <- len(url) // blocks: chan send; fact: each waits to send; send, own
		}()
		if url == "" {
			continue
		}
		sum += <-answer // fact: receive in a loop, beside go; first receive
	}
	return sum
}
