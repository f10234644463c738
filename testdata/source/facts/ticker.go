// A ticker's channel is never closed.
package facts // fact: a ticker

import "time"

func beat(every time.Duration) {
	t := time.NewTicker(every)
	defer t.Stop()
	for range t.C { // blocks: chan receive; fact: beat waits to range; receive by range, own
	}
}
