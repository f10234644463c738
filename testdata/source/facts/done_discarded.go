// The cancel function is thrown away.
package facts // fact: context app; done of ctx

import "context"

func wait(app context.Context) {
	ctx, _ := context.WithCancel(app) // fact: derived, never cancelled
	go func() {                       // started; fact: started by go
		<-ctx.Done() // blocks: chan receive; fact: wait waits to receive; receive, own
	}()
}
