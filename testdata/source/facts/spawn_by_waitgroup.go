// wg.Go starts it, in a loop; the sender sends once for each.
package facts

import "sync"

func all(urls []string) int {
	var wg sync.WaitGroup
	out := make(chan int) // fact: made without a buffer
	for _, url := range urls {
		wg.Go(func() { // fact: started by Go in a loop
			out <- len(url) // blocks: chan send; fact: all waits to send; send, own
		})
	}
	return <-out // fact: receive, beside go; first receive
}
