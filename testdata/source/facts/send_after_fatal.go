// A test that fails before it receives.
package facts

import "testing"

func check(t *testing.T, bad bool) {
	done := make(chan struct{}) // fact: made without a buffer
	go func() {                 // started; fact: started by go
		done <- struct{}{} // blocks: chan send; fact: check waits to send; send, own
	}()
	if bad {
		t.Fatalf("bad") // fact: leaves before the receive; skips receive
	}
	<-done // fact: receive, beside go; first receive
}
