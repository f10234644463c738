// The first error leaves the loop that receives.
package facts

func search(shards []int) error {
	answers := make(chan error) // fact: made without a buffer
	for range shards {
		go func() { // started; fact: started by go in a loop
			answers <- nil // blocks: chan send; fact: search waits to send; send, own
		}()
	}
	for range shards {
		if err := <-answers; err != nil { // fact: receive in a loop that is left, beside go; first receive
			return err
		}
	}
	return nil
}
