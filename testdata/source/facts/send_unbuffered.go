// Nobody takes the answer when the caller gives up.
package facts

import "errors"

func price(item string, known bool) (int, error) {
	answer := make(chan int) // fact: made without a buffer
	go func() {              // started; fact: started by go
		answer <- len(item) // blocks: chan send; fact: price waits to send; send, own
	}()
	if !known {
		return 0, errors.New("unknown") // fact: leaves before the receive; skips receive
	}
	return <-answer, nil // fact: receive, beside go; first receive
}
