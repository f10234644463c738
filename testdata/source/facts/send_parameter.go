// The channel comes as a parameter, under another name, and the two callers make it differently: the go statement tells.
package facts

func work(out chan<- int) {
	out <- 1 // blocks: chan send; fact: work waits to send; send, own
}

func one() int {
	first := make(chan int) // fact: made without a buffer
	go work(first)          // started; fact: started by go
	return <-first          // fact: receive, beside go; first receive
}

func other() int {
	second := make(chan int, 8)
	go work(second)
	return <-second
}
