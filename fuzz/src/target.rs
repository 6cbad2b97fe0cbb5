//! The shape of a target.

/// Makes a target of a function of bytes. `NAME` is the folder of its seeds.
#[macro_export]
macro_rules! target {
    ($name:literal, $run:expr) => {
        #[cfg(fuzzing)]
        libfuzzer_sys::fuzz_target!(|data: &[u8]| {
            let run: fn(&[u8]) = $run;
            run(data);
        });

        #[cfg(not(fuzzing))]
        fn main() {
            println!("{} seeds hold", $crate::replay($name, $run));
        }

        #[cfg(all(test, not(fuzzing)))]
        #[test]
        fn every_seed_holds() {
            assert!($crate::replay($name, $run) > 0);
        }
    };
}
