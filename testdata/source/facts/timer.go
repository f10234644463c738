// A timer's channel, once.
package facts // fact: a timer

import "time"

func later(wait time.Duration) {
	t := time.NewTimer(wait)
	<-t.C // blocks: chan receive; fact: later waits to receive; receive, own
}
