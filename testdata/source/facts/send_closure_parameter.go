// The closure's own parameter hides the variable of the same name.
package facts

func run(jobs []int) int {
	out := make(chan int) // fact: made without a buffer
	for range jobs {
		go func(c chan int, out int) { // started; fact: started by go in a loop
			c <- out // blocks: chan send; fact: run waits to send; send, own
		}(out, 3)
	}
	return <-out // fact: receive, beside go; first receive
}

func unrelated() int {
	out := make(chan int)
	go func() { out <- 2 }()
	return <-out
}
