// Two senders, room for one.
package facts

func fastest(urls []string) int {
	answer := make(chan int, 1) // fact: made with room for 1
	for _, url := range urls {
		go func() { // started; fact: started by go in a loop
			answer <- len(url) // blocks: chan send; fact: fastest waits to send; send, own
		}()
	}
	return <-answer // fact: receive, beside go; first receive
}
