mod folder;
mod front;
mod sync;
