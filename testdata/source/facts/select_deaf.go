// A loop whose select has no way out, with a context at hand.
package facts // fact: context ctx

import "context"

type watcher struct{ events, resync chan string }

func (w *watcher) run(ctx context.Context) {
	for { // fact: endless loop
		select { // blocks: select; fact: (*watcher).run waits to select
		case <-w.events: // fact: case receive
		case <-w.resync: // fact: case receive
		}
	}
}
