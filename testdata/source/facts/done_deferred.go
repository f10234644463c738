// The cancel function is called when the function ends.
package facts // fact: context app; done of ctx

import "context"

func wait(app context.Context, serve func()) {
	ctx, cancel := context.WithCancel(app) // fact: derived
	defer cancel()
	go func() { // started; fact: started by go
		<-ctx.Done() // blocks: chan receive; fact: wait waits to receive; receive, own
	}()
	serve()
}
