// An error returns before the close.
package facts

func load(next func() (int, error)) error {
	rows := make(chan int) // fact: made without a buffer
	go func() {            // started; fact: started by go
		for range rows { // blocks: chan receive; fact: load waits to range; receive by range, own
		}
	}()
	row, err := next()
	if err != nil {
		return err // fact: skips close; skips send
	}
	rows <- row // fact: send, beside go
	close(rows) // fact: close in load, beside go
	return nil
}
