// Where nothing says which of two go statements it was, both are told.
package facts

func work(out chan<- int) {
	out <- 1 // blocks: chan send; fact: work waits to send; send, own
}

func one() int {
	first := make(chan int) // fact: made without a buffer
	go work(first)          // fact: started by go
	return <-first          // fact: receive, beside go; first receive
}

func other() int {
	second := make(chan int, 8) // fact: made with room for 8
	go work(second)             // fact: started by go
	return <-second             // fact: receive, beside go; first receive
}
