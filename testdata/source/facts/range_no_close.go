// Workers range over rows; three are started, nothing closes rows.
package facts

func write(rows <-chan int) {
	for range rows { // blocks: chan receive; fact: write waits to range; receive by range, own
	}
}

func load(n int) {
	rows := make(chan int) // fact: made without a buffer
	for range 3 {
		go write(rows) // started; fact: started by go in a loop
	}
	for row := range n {
		rows <- row // fact: send in a loop, beside go
	}
}
