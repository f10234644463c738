// The one receiver ranges over all that comes.
package facts

func sum(n int) (total int) {
	values := make(chan int) // fact: made without a buffer
	go func() {              // started; fact: started by go
		defer close(values)      // fact: close in sum, deferred, own
		for i := 0; i < n; i++ { // fact: loop
			values <- i // blocks: chan send; fact: sum waits to send; send in a loop, own
		}
	}()
	for v := range values { // fact: receive by range, beside go; first receive
		total += v
	}
	return total
}
